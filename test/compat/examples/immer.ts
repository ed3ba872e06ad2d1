import type { Library } from "../example.ts";

export async function example(immer: Library): Promise<unknown> {
  const { produce, produceWithPatches, applyPatches, enablePatches, enableMapSet, current, isDraft } = immer;
  enablePatches();
  enableMapSet();
  const base = [
    { title: "Learn TypeScript", done: true },
    { title: "Try Immer", done: false },
  ];
  const next = produce(base, (draft: Library) => {
    draft[1].done = true;
    draft.push({ title: "Tweet about it", done: false });
  });
  const toggle = produce((draft: Library, index: number) => {
    draft[index].done = !draft[index].done;
  });
  const [patched, patches, inverse] = produceWithPatches({ name: "Micheal", age: 32 }, (draft: Library) => {
    draft.age++;
    draft.tags = ["a"];
    delete draft.name;
  });
  const seen: unknown[] = [];
  const maps = produce(new Map([["michel", { name: "Michel" }]]), (draft: Library) => {
    draft.get("michel").name = "Michel W.";
    draft.set("new", { name: "N" });
    seen.push(isDraft(draft.get("michel")), current(draft).size);
  });
  return {
    base,
    next,
    toggled: toggle(base, 0),
    patched,
    patches,
    inverse,
    undone: applyPatches(patched, inverse),
    maps,
    seen,
  };
}

export function call({ produce }: Library): unknown {
  return produce({ count: 1 }, (draft: Library) => {
    draft.count++;
  });
}
