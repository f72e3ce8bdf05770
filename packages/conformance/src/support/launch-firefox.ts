import puppeteer, { type Browser } from "puppeteer-core";

/** Starts headless Firefox, which accepts self-signed certificates. `close()` ends it. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return puppeteer.launch({
    browser: "firefox",
    protocol: "webDriverBiDi",
    executablePath,
    acceptInsecureCerts: true,
  });
}
