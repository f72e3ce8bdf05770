/**
 * Gives each different event a number. A thousand clients that receive the same events then store only the numbers.
 */
export class EventNames {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#texts.push(text) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  textOf(number: number | undefined): string | undefined {
    return number === undefined ? undefined : this.#texts[number];
  }
}

/** An event as text: its id and data. Any type other than `message` is named too, because a log contains none. */
export function nameOf({
  event,
  id,
  data,
}: {
  event?: string | undefined;
  id: string;
  data: string;
}): string {
  return `${event === undefined ? "" : `${event}: `}${id} ${data}`;
}
