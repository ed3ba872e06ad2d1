/** What a script finds in its only global beyond the language's own. */
declare const caper: { readonly args: readonly string[] };
