/**
 * What the bench uses of @endo/captp, which has no types of its own.
 *
 * @module
 */
declare module "@endo/captp" {
  export function E<T>(target: T): T;
  export function makeCapTP(
    id: string,
    send: (message: object) => void,
    bootstrap?: unknown,
  ): { dispatch(message: unknown): boolean; getBootstrap(): unknown };
}
