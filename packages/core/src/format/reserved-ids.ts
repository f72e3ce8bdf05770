/** The id suffix that says: this stream is finished. Reserved. */
export const END_SUFFIX = "~end";

/** The id of the first event of a `once` stream: something for the client to come back with. Reserved. */
export const START_ID = "~start";
