/**
 * The parts of npm's own libraries that Caper calls; they ship no declarations.
 *
 * @module
 */
declare module "@npmcli/config" {
  export default class Config {
    constructor(init: {
      readonly npmPath: string;
      readonly definitions: unknown;
      readonly shorthands: unknown;
      readonly flatten: unknown;
      readonly argv: readonly string[];
      readonly env: { readonly [name: string]: string | undefined };
      readonly cwd: string;
      readonly warn: boolean;
    });
    load(): Promise<void>;
    /** Where the value of a setting comes from: "default", "user", "env", … */
    find(name: string): string | null;
    readonly flat: { readonly [option: string]: unknown };
  }
}

declare module "@npmcli/config/lib/definitions/index.js" {
  const exported: { readonly definitions: unknown; readonly shorthands: unknown; readonly flatten: unknown };
  export default exported;
}

declare module "@npmcli/arborist" {
  export interface Edge {
    readonly name: string;
    readonly type: "prod" | "dev" | "optional" | "peer" | "peerOptional" | "workspace";
    readonly to: Node | null;
  }
  export interface Node {
    /** Relative to the root, with "/". */
    readonly location: string;
    readonly name: string;
    readonly packageName: string;
    readonly version: string;
    readonly integrity: string | null;
    readonly resolved: string | null;
    readonly isRoot: boolean;
    readonly isLink: boolean;
    readonly isProjectRoot: boolean;
    readonly realpath: string;
    readonly target: Node;
    readonly optional: boolean;
    readonly edgesOut: ReadonlyMap<string, Edge>;
    readonly parent: Node | null;
    readonly package: { readonly [field: string]: unknown };
    readonly errors: readonly Error[];
  }
  export default class Arborist {
    constructor(options: { readonly [option: string]: unknown });
    buildIdealTree(options?: { readonly add?: readonly string[] }): Promise<Node>;
  }
}

declare module "pacote" {
  const pacote: {
    tarball: {
      stream<T>(
        spec: string,
        handler: (stream: NodeJS.ReadableStream & AsyncIterable<Uint8Array>) => Promise<T>,
        options: { readonly [option: string]: unknown },
      ): Promise<T>;
    };
    manifest(spec: string, options: { readonly [option: string]: unknown }): Promise<{ readonly name?: string }>;
  };
  export default pacote;
}
