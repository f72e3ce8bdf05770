import { fileURLToPath } from "node:url";
import { startProxy } from "./start-proxy.js";

/** Directives that are added to those without which nginx would not run here. */
export interface NginxConfig {
  /** In the block `http`. */
  http?: string;
  /** In the block `location`. */
  location?: string;
  /** Whether clients use TLS and HTTP/2. */
  http2?: boolean;
}

const FIXTURES = fileURLToPath(new URL("../../../node/test/fixtures/", import.meta.url));

/**
 * Starts nginx in front of a server with this URL, or `unix:` and the path of its socket, and returns the URL of nginx. All settings that are not given are nginx's defaults. It is
 * stopped when the test finishes.
 */
export async function startNginx(
  program: string,
  upstream: string,
  { http = "", location = "", http2 = false }: NginxConfig,
): Promise<string> {
  const port = await startProxy({
    program,
    args: (configFile, folder) => ["-p", folder, "-c", configFile, "-e", "stderr"],
    config: (listen, folder) => `
      daemon off;
      ${process.getuid?.() === 0 ? "user root;" : "" /* the default user cannot write to the folder */}
      pid ${folder}/nginx.pid;
      error_log stderr;
      events {}
      http {
        access_log off;
        client_body_temp_path ${folder}/body;
        proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi;
        scgi_temp_path ${folder}/scgi;
        ssl_certificate ${FIXTURES}localhost-cert.pem;
        ssl_certificate_key ${FIXTURES}localhost-key.pem;
        upstream app { server ${upstream.startsWith("unix:") ? upstream : new URL(upstream).host}; keepalive 8; }
        ${http.replaceAll("$folder", folder)}
        server {
          listen 127.0.0.1:${listen}${http2 ? " ssl http2" : ""};
          location / { proxy_pass http://app; ${location} }
        }
      }`,
  });
  return `${http2 ? "https" : "http"}://127.0.0.1:${port}`;
}
