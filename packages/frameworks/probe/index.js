// Sources for the tests of all framework apps, which install this as a package. The pages do not show it.

/** Never blocks by itself, and prints how far it got: what a client does not read must stop it. */
async function* flood() {
  const data = "x".repeat(64 * 1024);
  let count = 0;
  try {
    while (count < 1000) {
      yield { data };
      count++;
      if (count % 50 === 0) console.log(`flood: ${count}`);
      await new Promise(setImmediate);
    }
  } finally {
    console.log(`flood: returned after ${count}`);
  }
}

/** Fails when the response has begun. */
async function* broken() {
  yield { data: "before" };
  await new Promise((resolve) => setTimeout(resolve, 100));
  throw new Error("The source of the test has failed.");
}

/** The source that a request of a test asks for by its URL. */
export function probe(url) {
  return url.includes("broken") ? broken() : flood();
}
