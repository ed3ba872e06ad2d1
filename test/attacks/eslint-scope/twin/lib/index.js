/** Names that a script declares at its top, by a small scan: the honest work of a scope analyser. */
function analyze(source) {
  const names = [];
  for (const [, name] of source.matchAll(/\b(?:var|let|const|function|class)\s+([A-Za-z_$][\w$]*)/g)) names.push(name);
  return { names, count: names.length };
}

module.exports = { analyze };
