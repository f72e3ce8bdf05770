const encoder = new TextEncoder();

/**
 * Blocks of an event stream as bytes, made once and shared by every stream that sends them.
 *
 * It is an object and not bare bytes, so that a transport can recognise a frame that it has sent before.
 */
export interface Frame {
  /** The blocks in UTF-8. Nobody may change or transfer these bytes, because streams share them. */
  readonly bytes: Uint8Array;
}

/** Makes a frame of encoded text. Lone surrogates become U+FFFD, because UTF-8 has no form for them. */
export function createFrame(text: string): Frame {
  return { bytes: encoder.encode(text) };
}

// Texts longer than this are not cached: they would hold memory, and are rarely sent twice.
const MAX_CACHED_LENGTH = 64 * 1024;

/**
 * Makes frames of the messages that programs send. It caches the last frame and returns it again for the same text,
 * so that a loop which sends one message to many streams makes one frame.
 */
export class FrameMaker {
  #text: string | undefined;
  #frame: Frame | undefined;

  make(text: string): Frame {
    if (text === this.#text) return this.#frame!;
    const frame = createFrame(text);
    if (text.length <= MAX_CACHED_LENGTH) {
      this.#text = text;
      this.#frame = frame;
    }
    return frame;
  }
}

/** Joins the bytes of several frames in one piece. */
export function joinFrames(frames: readonly Frame[]): Uint8Array {
  if (frames.length === 1) return frames[0]!.bytes;
  let length = 0;
  for (const frame of frames) length += frame.bytes.byteLength;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const frame of frames) {
    joined.set(frame.bytes, offset);
    offset += frame.bytes.byteLength;
  }
  return joined;
}
