import { onWorkerd } from "./on-workerd.js";

onWorkerd("2026-11-17");
