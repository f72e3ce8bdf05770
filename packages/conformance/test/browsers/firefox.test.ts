import { eventSourceTests } from "./event-source.js";
import { firefox } from "./support/firefox.js";

eventSourceTests(firefox);
