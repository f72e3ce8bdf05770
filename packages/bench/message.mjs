// @ts-check

/**
 * Makes data of at least `bytes` bytes of JSON: a list of small records, such as apps send. The number comes last, so
 * that a client finds it at the end of an event.
 * @param {number} number of the message
 * @param {number} bytes
 */
export function message(number, bytes) {
  const rows = [];
  let length = 0;
  for (let i = 0; length < bytes; i++) {
    const row = {
      symbol: `SYM${i}`,
      price: 100.25 + number,
      volume: 12_000 + i,
      open: true,
      note: "as traded",
    };
    rows.push(row);
    length += Buffer.byteLength(JSON.stringify(row)) + 1;
  }
  return { rows, number };
}
