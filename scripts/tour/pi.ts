// Digits of pi by Gibbons' unbounded spigot: an ordinary TypeScript file without imports.
function* digitsOfPi(): Generator<number> {
  let [q, r, t, k, n, l] = [1n, 0n, 1n, 1n, 3n, 3n];
  while (true) {
    if (4n * q + r - t < n * t) {
      yield Number(n);
      [q, r, n] = [10n * q, 10n * (r - n * t), (10n * (3n * q + r)) / t - 10n * n];
    } else {
      [q, r, t, k, n, l] = [q * k, (2n * q + r) * l, t * l, k + 1n, (q * (7n * k + 2n) + r * l) / (t * l), l + 2n];
    }
  }
}

const wanted: number = Number(caper.args[0] ?? 400);
let digits = "";
for (const digit of digitsOfPi()) {
  digits += digit;
  if (digits.length === wanted) break;
}
console.log(`pi to ${wanted} digits ends in ...${digits.slice(-20)}`);
