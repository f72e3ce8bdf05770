import { startProxy } from "./start-proxy.js";

/**
 * Starts HAProxy in front of a server, and returns its URL. `settings` are added to its defaults. It is stopped when the
 * test finishes.
 */
export async function startHaproxy(program: string, upstream: string, settings = ""): Promise<string> {
  const port = await startProxy({
    program,
    args: (configFile) => ["-db", "-f", configFile],
    config: (listen) => `
global
  maxconn 200
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  ${settings}
frontend front
  bind 127.0.0.1:${listen}
  default_backend app
backend app
  server app ${new URL(upstream).host}
`,
  });
  return `http://127.0.0.1:${port}`;
}
