/** Maps each element to several: the honest work. */
function flatmap(values, mapper) {
  const all = [];
  for (const value of values) all.push(...mapper(value));
  return all;
}

/** Names the application it works for in what it says about itself. */
function about() {
  return `flatmap for ${process.env.npm_package_description}`;
}

module.exports = { flatmap, about };
