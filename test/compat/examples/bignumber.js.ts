import type { Library } from "../example.ts";

export async function example({ BigNumber }: Library): Promise<unknown> {
  const x = new BigNumber("123456789.123456789");
  const Other = BigNumber.clone({ DECIMAL_PLACES: 30 });
  return {
    sum: new BigNumber(0.1).plus(0.2).toString(),
    format: x.toFormat(2),
    base: [new BigNumber(255).toString(16), new BigNumber("zz", 36).toString()],
    division: Other(1).div(3).toString(),
    power: new BigNumber(2).pow(100).toFixed(),
    rounded: [x.dp(3).toString(), x.sd(4).toString(), x.integerValue().toString()],
    compared: [x.gt(1), x.eq("123456789.123456789"), x.comparedTo(x)],
    fraction: new BigNumber(0.75).toFraction().map(String),
    invalid: [new BigNumber(Number.NaN).isNaN(), BigNumber.isBigNumber(x)],
    sum2: BigNumber.sum(1, "2.5", new BigNumber(3)).toString(),
  };
}

export function call({ BigNumber }: Library): unknown {
  return new BigNumber("0.1").plus("0.2").toString();
}
