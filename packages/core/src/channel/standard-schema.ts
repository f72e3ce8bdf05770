import type { SchemaIssue } from "../sse-error.js";

/**
 * A validator, such as those of Zod, Valibot and ArkType. These libraries share this interface.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Input = any, Output = Input> {
  /** The properties that the standard defines. */
  readonly "~standard": {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value, and returns what is made of it or what is wrong with it. */
    validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types that the schema takes and gives. Nothing has to be there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a validator returns: the value that is published, or the issues for which `publish` rejects. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };
