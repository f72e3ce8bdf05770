// Express 4 beside 5: for what the tests use, their types are the same.
declare module "express4" {
  import express from "express";
  export default express;
}
