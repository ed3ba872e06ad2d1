/**
 * `localStorage` over the power `store`.
 *
 * @module
 */
import { needPower, type Power } from "./power.ts";

const store = (): Power => needPower("store", "localStorage");
const keys = (): readonly string[] => store().keys?.() as readonly string[];

export const localStorage = {
  get length(): number {
    return keys().length;
  },
  key: (index: number): string | null => keys()[index] ?? null,
  getItem(key: string): string | null {
    const value = store().get?.(String(key));
    return typeof value === "string" ? value : null;
  },
  setItem: (key: string, value: unknown): void => void store().set?.(String(key), String(value)),
  removeItem: (key: string): void => void store().delete?.(String(key)),
  clear(): void {
    for (const key of keys()) store().delete?.(key);
  },
};
