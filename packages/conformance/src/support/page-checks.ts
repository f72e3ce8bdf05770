import type { Browser, Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** A window in which a page must look right, and the colours that its user prefers. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
}

/** The desktop and the phone on which the pages of the examples are checked. */
export const LOOKS: readonly Look[] = (["light", "dark"] as const).flatMap((colorScheme) => [
  { width: 1280, height: 800, colorScheme },
  { width: 375, height: 812, colorScheme },
]);

/** Opens a page for this look. `errors` are those that the page has written to its console. */
export async function openAs(browser: Browser, address: string, { colorScheme, ...viewport }: Look) {
  const context = await browser.newContext({ viewport, colorScheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(address);
  return { page, errors };
}

/** The number of pixels by which the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Those of the selectors whose first element is not entirely inside the window while nothing is scrolled. */
export async function outsideWindow(page: Page, selectors: readonly string[]): Promise<string[]> {
  const { width, height } = page.viewportSize()!;
  const outside: string[] = [];
  for (const selector of selectors) {
    const box = await page.locator(selector).first().boundingBox();
    const fits =
      box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
    if (!fits) outside.push(`${selector} ${JSON.stringify(box)}`);
  }
  return outside;
}

/** The elements that the Tab key reaches from the top of the page, each by its text or value. */
export async function reachedByTab(page: Page, count: number): Promise<string[]> {
  const reached: string[] = [];
  for (let n = 0; n < count; n++) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(() => {
        const focused = document.activeElement as HTMLElement;
        const { outlineStyle } = getComputedStyle(focused);
        const name = focused.innerText || (focused as HTMLInputElement).value || focused.tagName;
        return outlineStyle === "none" ? `${name} (without an outline)` : name.trim();
      }),
    );
  }
  return reached;
}

/** The texts whose contrast with their background is less than 4.5. WCAG 2 (1.4.3) asks for 4.5, but not of what is disabled. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Colour = [red: number, green: number, blue: number, alpha: number];
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;

    // The canvas knows every notation of a colour.
    function parse(colour: string): Colour {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data as unknown as Colour;
      return [red, green, blue, alpha / 255];
    }
    const over = (front: Colour, back: Colour) =>
      front.map((value, n) => (n === 3 ? 1 : value * front[3] + back[n]! * (1 - front[3]))) as Colour;
    function luminance(colour: Colour): number {
      const [red, green, blue] = colour.slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }
    // What is behind a page without a background depends on the colours that the user prefers.
    const probe = document.body.appendChild(document.createElement("div"));
    probe.style.backgroundColor = "Canvas";
    const canvas = parse(getComputedStyle(probe).backgroundColor);
    probe.remove();

    function backOf(element: Element | null): Colour {
      if (element === null) return canvas;
      const back = parse(getComputedStyle(element).backgroundColor);
      return back[3] === 1 ? back : over(back, backOf(element.parentElement));
    }

    const low: string[] = [];
    function check(words: string, element: Element, textColour: string): void {
      const colour = parse(textColour);
      for (let at: Element | null = element; at; at = at.parentElement) {
        colour[3] *= Number(getComputedStyle(at).opacity);
      }
      const back = backOf(element);
      const [light, dark] = [luminance(over(colour, back)), luminance(back)].toSorted((a, b) => b - a);
      const contrast = (light! + 0.05) / (dark! + 0.05);
      if (contrast < 4.5) low.push(`${contrast.toFixed(2)} ${words.slice(0, 40)}`);
    }

    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement!;
      const words = node.textContent!.trim();
      const isShown =
        words !== "" && element.checkVisibility() && !element.matches("script, style, :disabled");
      const { fill, color } = getComputedStyle(element);
      if (isShown) check(words, element, element instanceof SVGElement ? fill : color);
    }
    for (const input of document.querySelectorAll<HTMLInputElement>(":placeholder-shown")) {
      check(input.placeholder, input, getComputedStyle(input, "::placeholder").color);
    }
    return low;
  });
}
