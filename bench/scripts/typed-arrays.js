// Typed arrays: a sieve, a blur, and a checksum over the bytes of doubles.
const size = 100000;
const composite = new Uint8Array(size);
let primes = 0;
for (let i = 2; i < size; i++) {
  if (composite[i]) continue;
  primes++;
  for (let j = i * 2; j < size; j += i) composite[j] = 1;
}
const samples = Float64Array.from({ length: 8000 }, (_, i) => Math.sin(i / 50) * 100);
const blurred = new Float64Array(samples.length);
for (let i = 2; i < samples.length - 2; i++) {
  blurred[i] = (samples[i - 2] + 4 * samples[i - 1] + 6 * samples[i] + 4 * samples[i + 1] + samples[i + 2]) / 16;
}
let checksum = primes;
for (const byte of new Uint8Array(blurred.buffer)) checksum = (Math.imul(checksum, 33) ^ byte) | 0;
globalThis.result = checksum;
