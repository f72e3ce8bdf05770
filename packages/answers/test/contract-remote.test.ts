import { answersContract, LatentServer } from "@ssekit/conformance";

let seed = 1;
answersContract(
  "a store on another machine",
  {
    create: () => {
      const server = new LatentServer(seed++);
      return {
        connect: () => server.connect(),
        goDown: () => server.goDown(),
        loseAll: () => server.loseAll(),
      };
    },
  },
  { goesDown: true, losesData: true },
);
