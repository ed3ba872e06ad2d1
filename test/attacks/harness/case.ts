/**
 * What a case of the corpus is: a look-alike of a known attack and its benign twin in folders, and how both are used.
 *
 * @module
 */

/** The namespace of the look-alike or its twin: plain JavaScript without types. */
export type Lookalike = any;

/** What an application has around it when it uses a package, in plain Node and in Caper alike. */
export interface Surroundings {
  /** The host that the application works with. */
  readonly honest: string;
  /** Other packages of the application, by name. */
  readonly siblings: { readonly [name: string]: Lookalike };
}

/** Named as data, since plain Node has no such thing: test/attacks/harness/caper.ts makes powers of them. */
export interface Endowments {
  /** Lines that it may write. */
  readonly consoleLines?: number;
  readonly timers?: boolean;
  readonly random?: boolean;
  readonly clock?: boolean;
  /** The names of variables that it may read. */
  readonly environment?: readonly string[];
  /** The folder of the application, to be read. */
  readonly directory?: "project";
  /** Requests to the application's own host, and to no other. */
  readonly http?: boolean;
}

export interface AttackCase {
  /** The folder below test/attacks/. */
  readonly folder: string;
  readonly title: string;
  readonly firesAt: string;
  readonly name: string;
  /** Other folders of the case: packages that come along with the look-alike. */
  readonly along?: readonly string[];
  /** Other packages of the application, in folders of the case. */
  readonly siblings?: readonly string[];
  readonly endowments: Endowments;
  /** Ordinary use of the package by an application; the twin must give `expected`, in plain Node and in Caper. */
  use(library: Lookalike, surroundings: Surroundings): unknown;
  readonly expected: unknown;
  /** What plain Node must show, as facts (see facts.ts): the proof that the look-alike does its harm. */
  readonly harm: readonly string[];
  /** Files that npm would have run: in Caper they are also imported on purpose, with the same endowments. */
  readonly scripts: readonly string[];
  /** Powers whose denial the audit log must name. */
  readonly denied: readonly string[];
  /** It does not end by itself. */
  readonly isEndless?: boolean;
}
