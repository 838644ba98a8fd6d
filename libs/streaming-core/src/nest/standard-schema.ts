/**
 * The part of the Standard Schema interface (https://standardschema.dev, version 1) that is used here. zod 3.24+, valibot,
 * arktype and others implement it, so a topic takes the schemas that an application already has.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

const ISSUES_SHOWN_MAX = 5;

/** `id: expected string; amount: too small`, five issues at most. */
export function describeIssues(issues: readonly StandardIssue[]): string {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map(({ message, path = [] }) => {
    const where = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return where === '' ? message : `${where}: ${message}`;
  });
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
