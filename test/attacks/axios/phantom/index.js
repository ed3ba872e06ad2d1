exports.sum = (text) => [...text].reduce((sum, letter) => (sum + letter.charCodeAt(0)) % 65536, 0);
