import type { Library } from "../example.ts";

export async function example({ default: dayjs }: Library): Promise<unknown> {
  const day = dayjs("2018-08-08T10:20:30");
  return {
    formatted: day.format("{YYYY} MM-DDTHH:mm:ss SSS [Z] A dddd"),
    set: day.set("month", 3).month(),
    added: day.add(1, "year").subtract(7, "day").toDate(),
    chained: day.startOf("month").add(1, "day").set("year", 2018).format("YYYY-MM-DD HH:mm:ss"),
    difference: day.diff(dayjs("2018-06-05"), "day"),
    compared: [day.isBefore(dayjs("2019-01-01")), day.isSame(dayjs("2018-08-01"), "month")],
    days: dayjs("2012-02").daysInMonth(),
    valid: dayjs("nonsense").isValid(),
    object: day.toISOString(),
  };
}

export function call({ default: dayjs }: Library): unknown {
  return dayjs(0).year();
}
