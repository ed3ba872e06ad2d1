/** Another package of the same maintainer, into which the worm would publish itself. */
exports.double = (n) => n * 2;
