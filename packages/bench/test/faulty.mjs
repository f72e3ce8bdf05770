// @ts-check
// Contenders that do something wrong to the third event. The query of the module's URL says what.
import { resWrite } from "../contenders/res-write.mjs";

const fault = new URL(import.meta.url).search.slice(1);

/** @type {import("../contenders/index.mjs").CreateContender} */
export default function create(options) {
  const contender = /** @type {import("../contenders/index.mjs").Contender} */ (resWrite(options));
  let events = 0;
  return {
    ...contender,
    send(data) {
      events++;
      if (events === 3 && fault === "lost") return;
      contender.send(
        events === 3 && fault === "changed" ? { .../** @type {{}} */ (data), rows: [], number: 2 } : data,
      );
      if (events === 3 && fault === "doubled") contender.send(data);
    },
  };
}
