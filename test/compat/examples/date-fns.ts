import type { Library } from "../example.ts";

export async function example(dateFns: Library): Promise<unknown> {
  const { format, formatDistance, formatRelative, subDays, addMonths, compareAsc, parse, parseISO } = dateFns;
  const base = new Date(2014, 6, 2, 12, 30, 15);
  const dates = [new Date(1995, 6, 2), new Date(1987, 1, 11), new Date(1989, 6, 10)];
  return {
    format: format(new Date(2014, 1, 11), "yyyy-MM-dd"),
    long: format(base, "EEEE, do MMMM yyyy 'at' HH:mm:ss.SSS"),
    distance: formatDistance(subDays(base, 3), base, { addSuffix: true }),
    relative: formatRelative(subDays(base, 3), base),
    sorted: [...dates].sort(compareAsc),
    months: addMonths(new Date(2014, 0, 31), 1),
    parsed: parse("02/11/2014", "MM/dd/yyyy", base),
    iso: parseISO("2014-02-11T11:30:30Z"),
    difference: dateFns.differenceInCalendarDays(new Date(2012, 6, 2), new Date(2011, 6, 2)),
    interval: dateFns.eachDayOfInterval({ start: new Date(2014, 9, 6), end: new Date(2014, 9, 10) }),
    duration: dateFns.intervalToDuration({ start: new Date(1929, 0, 15), end: new Date(1968, 3, 4, 19, 5, 0) }),
    text: dateFns.formatDuration({ months: 9, days: 2 }),
    week: dateFns.getISOWeek(new Date(2005, 0, 2)),
    ends: [dateFns.startOfWeek(base), dateFns.endOfMonth(base)],
    invalid: dateFns.isValid(new Date("nonsense")),
  };
}

export function call({ addDays }: Library): unknown {
  return addDays(1404304215000, 3);
}
