// Koa 2 beside 3: for what the tests use, their types are the same.
declare module "koa2" {
  import Koa from "koa";
  export default Koa;
}
