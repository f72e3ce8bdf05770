// @ts-check
import { config } from "zod";

// The AI SDK checks what it receives with zod, which uses `eval` to be faster. The policy of this page forbids that.
config({ jitless: true });
