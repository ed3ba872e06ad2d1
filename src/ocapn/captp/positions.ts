/**
 * Positions in the tables of a session. All are plain numbers on the wire; here they must not mix.
 *
 * @module
 */

declare const TABLE: unique symbol;

/** What this side exports; the peer calls it `desc:export`. Chosen by this side. */
export type ExportPosition = number & { readonly [TABLE]: "export" };
/** What the peer exports. Chosen by the peer. */
export type ImportPosition = number & { readonly [TABLE]: "import" };
/** A promise for an answer of this side's, which the peer has asked for. Chosen by the peer. */
export type AnswerPosition = number & { readonly [TABLE]: "answer" };
/** A promise for an answer of the peer's. Chosen by this side. */
export type QuestionPosition = number & { readonly [TABLE]: "question" };

export const exportPosition = (position: number): ExportPosition => position as ExportPosition;
export const importPosition = (position: number): ImportPosition => position as ImportPosition;
export const answerPosition = (position: number): AnswerPosition => position as AnswerPosition;
export const questionPosition = (position: number): QuestionPosition => position as QuestionPosition;

/** Where the bootstrap object stands, on both sides. */
export const BOOTSTRAP = 0;
