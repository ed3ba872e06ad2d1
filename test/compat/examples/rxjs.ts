import type { Library } from "../example.ts";

export const powers = ["timers", "clock"] as const;

export async function example(rx: Library): Promise<unknown> {
  const { range, of, from, Subject, BehaviorSubject, Observable, firstValueFrom, lastValueFrom, throwError, timer } =
    rx;
  const collect = (source: Library): unknown[] => {
    const seen: unknown[] = [];
    source.subscribe({
      next: (value: unknown) => void seen.push(value),
      error: (error: Error) => void seen.push(`error ${error.message}`),
      complete: () => void seen.push("complete"),
    });
    return seen;
  };
  const subject = new Subject();
  const heard: unknown[] = [];
  const subscription = subject.subscribe((value: unknown) => void heard.push(value));
  subject.next(1);
  subject.next(2);
  subscription.unsubscribe();
  subject.next(3);
  const own = new Observable((subscriber: Library) => {
    subscriber.next("hello");
    subscriber.complete();
    return () => void heard.push("torn down");
  });
  const behaviour = new BehaviorSubject(7);
  return {
    evens: collect(
      range(1, 200).pipe(
        rx.filter((x: number) => x % 2 === 1),
        rx.map((x: number) => x + x),
        rx.take(5),
      ),
    ),
    scan: collect(of(1, 2, 3).pipe(rx.scan((sum: number, n: number) => sum + n, 0))),
    flat: collect(from([1, 2]).pipe(rx.mergeMap((n: number) => of(n, n * 10)))),
    caught: collect(throwError(() => new Error("boom")).pipe(rx.catchError((error: Error) => of(error.message)))),
    failed: collect(throwError(() => new Error("boom"))),
    combined: collect(rx.zip(of(1, 2), of("a", "b"))),
    own: collect(own),
    heard,
    value: behaviour.getValue(),
    first: await firstValueFrom(timer(1)),
    last: await lastValueFrom(of(1, 2, 3).pipe(rx.delay(1))),
  };
}

export function call({ of, map }: Library): unknown {
  let last = 0;
  of(1)
    .pipe(map((n: number) => n + 1))
    .subscribe((n: number) => {
      last = n;
    });
  return last;
}
