/** Gets JSON, with what people expect of a client. */
export async function get(url) {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return { status: response.status, data: await response.json() };
}
