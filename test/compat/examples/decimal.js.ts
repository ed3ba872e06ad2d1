import type { Library } from "../example.ts";

export async function example({ Decimal }: Library): Promise<unknown> {
  const x = new Decimal(123.4567);
  const y = new Decimal("123456.7e-3");
  const High = Decimal.clone({ precision: 50, rounding: 1 });
  return {
    equal: [x.equals(y), x.equals(new Decimal(x))],
    hex: [new Decimal("0xff.f").toString(), new Decimal("0b10101100").toString()],
    chain: new Decimal(9).dividedBy(4).plus(3).times(7).toString(),
    float: new Decimal(0.1).plus(0.2).toString(),
    fixed: [new Decimal(255.5).toExponential(5), new Decimal(255.5).toFixed(5), new Decimal(255.5).toPrecision(5)],
    fraction: new Decimal(255.5).toFraction().map(String),
    root: High.sqrt(2).toString(),
    pi: High.acos(-1).toFixed(40),
    trig: [Decimal.sin(1).toString(), Decimal.exp(2).toString(), Decimal.log(1000, 10).toString()],
    parts: [x.d, x.e, x.s],
    compare: [Decimal.max(1, "2", new Decimal(3)).toString(), new Decimal(2).lt(3), x.isInteger()],
    power: new Decimal(2).pow(200).toString(),
  };
}

export function call({ Decimal }: Library): unknown {
  return new Decimal("0.1").plus("0.2").toString();
}
