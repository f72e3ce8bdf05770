import { onWorkerd } from "./on-workerd.js";

onWorkerd("2026-07-30");
