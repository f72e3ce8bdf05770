/**
 * The reserved suffix of the last id of a stream that is finished. A client that returns such an id is answered 204.
 */
export const END_SUFFIX = "~end";

/**
 * The reserved id of the first event of a `once` stream. A client that reconnects before any other id sends this one,
 * and is known by it.
 */
export const START_ID = "~start";
