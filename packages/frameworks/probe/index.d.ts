export function probe(url: string): AsyncIterable<{ data: string }>;
