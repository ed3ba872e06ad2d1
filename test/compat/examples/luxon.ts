import type { Library } from "../example.ts";

export async function example({ DateTime, Duration, Interval }: Library): Promise<unknown> {
  const time = DateTime.fromISO("2017-05-15T08:30:00", { zone: "utc" });
  return {
    iso: time.toISO(),
    plus: time.plus({ hours: 3, minutes: 2 }).toISO(),
    zone: time.setZone("America/New_York").toISO(),
    words: time.setLocale("en-GB").toLocaleString(DateTime.DATE_FULL),
    format: time.toFormat("yyyy LLL dd HH:mm"),
    difference: time.diff(DateTime.fromISO("2017-01-01", { zone: "utc" }), ["days", "hours"]).toObject(),
    duration: Duration.fromObject({ hours: 2, minutes: 7 }).toISO(),
    interval: Interval.fromDateTimes(time, time.plus({ days: 2 })).length("hours"),
    parsed: DateTime.fromFormat("23-06-2017", "dd-MM-yyyy", { zone: "utc" }).toMillis(),
  };
}

export function call({ DateTime }: Library): unknown {
  return DateTime.fromMillis(0, { zone: "utc" }).year;
}
