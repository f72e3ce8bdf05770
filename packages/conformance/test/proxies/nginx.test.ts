import { describe } from "vitest";
import { startNginx, type NginxConfig } from "../../src/support/start-nginx.js";
import { systemProgram } from "../../src/support/system-program.js";
import { behind, expressApp, honoApp, koaApp, nodeApp, unixApp, withHttp2Client } from "./support/apps.js";
import { proxyContract } from "./support/proxy-contract.js";

const nginx = systemProgram("nginx");
const HTTP_1_1 = 'proxy_http_version 1.1; proxy_set_header Connection "";';

const configurations: Record<string, [config: NginxConfig, apps: (typeof nodeApp)[]]> = {
  "its defaults": [{}, [nodeApp, expressApp, koaApp, honoApp]],
  "HTTP/1.0 to the app": [{ location: "proxy_http_version 1.0;" }, [nodeApp]],
  "HTTP/1.1 to the app": [{ location: HTTP_1_1 }, [nodeApp, unixApp, expressApp, koaApp, honoApp]],
  gzip: [
    { http: "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;", location: HTTP_1_1 },
    [nodeApp, honoApp],
  ],
  "a cache": [
    {
      http: "proxy_cache_path $folder/cache keys_zone=cache:1m;",
      location: "proxy_cache cache; proxy_cache_valid any 10m; proxy_cache_lock on;",
    },
    [nodeApp, expressApp],
  ],
  "TLS and HTTP/2 in front": [{ http2: true, location: HTTP_1_1 }, [nodeApp, expressApp]],
};

describe.skipIf(!nginx).each(Object.entries(configurations))(
  "behind nginx with %s,",
  (_name, [config, apps]) => {
    for (const app of apps) {
      const proxied = behind(app, (upstream) => startNginx(nginx!, upstream, config));
      proxyContract({ adapter: config.http2 ? withHttp2Client(proxied) : proxied, tellsDeparture: true });
    }
  },
);
