/** A package of somebody else, in the same application: it holds the keys that the look-alike is after. */
class Credentials {
  #seed;

  constructor(seed) {
    this.#seed = seed;
  }

  getKeys(password) {
    return password === "right" ? this.#seed : undefined;
  }
}

module.exports = { Credentials };
