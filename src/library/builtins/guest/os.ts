/**
 * `os`: the same answers everywhere. They say nothing of the machine.
 *
 * @module
 */

const exported: object = {
  EOL: "\n",
  arch: (): string => "wasm32",
  availableParallelism: (): number => 1,
  constants: { signals: {}, errno: {} },
  cpus: (): object[] => [],
  devNull: "/dev/null",
  endianness: (): string => "LE",
  freemem: (): number => 0,
  homedir: (): string => "/",
  hostname: (): string => "caper",
  loadavg: (): number[] => [0, 0, 0],
  networkInterfaces: (): object => ({}),
  platform: (): string => "caper",
  release: (): string => "1",
  tmpdir: (): string => "/tmp",
  totalmem: (): number => 0,
  type: (): string => "Caper",
  uptime: (): number => performance.now() / 1000,
  userInfo: (): object => ({ username: "guest", uid: -1, gid: -1, shell: null, homedir: "/" }),
  version: (): string => "1",
};

export default exported;
