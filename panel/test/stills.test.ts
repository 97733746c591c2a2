import { describe, expect, test } from "vitest";

import { stillUrl, StillLoader } from "../src/data/stills.ts";

class Server {
  readonly asked: string[] = [];
  private readonly pending: { path: string; end: (blob: Blob | null) => void }[] = [];

  readonly fetch = (path: string): Promise<Blob> => {
    this.asked.push(path);
    return new Promise((resolve, reject) =>
      this.pending.push({ path, end: (blob) => (blob ? resolve(blob) : reject(new Error())) }),
    );
  };

  async answer(blob: Blob | null = new Blob()): Promise<void> {
    this.pending.shift()?.end(blob);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function setUp(limit = 10) {
  const server = new Server();
  const revoked: string[] = [];
  let made = 0;
  const addresses = {
    createObjectURL: () => `blob:${++made}`,
    revokeObjectURL: (address: string) => void revoked.push(address),
  };
  return { server, revoked, stills: new StillLoader(server.fetch, addresses, limit) };
}

const nobody = (): void => undefined;

describe("StillLoader", () => {
  test("loads few at a time, the latest request first", async () => {
    const { server, stills } = setUp();
    for (const path of "abcdefg") stills.load(path, nobody);
    expect(server.asked).toEqual([..."abcd"]);
    await server.answer();
    expect(server.asked).toEqual([..."abcdg"]);
  });

  test("skips canceled requests", async () => {
    const { server, stills } = setUp();
    const stops = [..."abcdef"].map((path) => stills.load(path, nobody));
    stops[5]!();
    await server.answer();
    await server.answer();
    expect(server.asked).toEqual([..."abcde"]);
  });

  test("loads a still once for several readers", async () => {
    const { server, stills } = setUp();
    const seen: (string | null)[] = [];
    stills.load("a", (address) => seen.push(address));
    stills.load("a", (address) => seen.push(address));
    await server.answer();
    stills.load("a", (address) => seen.push(address));
    expect(server.asked).toEqual(["a"]);
    expect(seen).toEqual(["blob:1", "blob:1", "blob:1"]);
  });

  test("revokes the least recently used URLs", async () => {
    const { server, stills, revoked } = setUp(2);
    for (const path of "ab") {
      stills.load(path, nobody);
      await server.answer();
    }
    stills.load("a", nobody); // used again
    stills.load("c", nobody);
    await server.answer();
    expect(revoked).toEqual(["blob:2"]);
    expect(stills.peek("a")).toBe("blob:1");
  });

  test("returns null for a missing still and loads it again next time", async () => {
    const { server, stills } = setUp();
    const seen: (string | null)[] = [];
    stills.load("a", (address) => seen.push(address));
    await server.answer(null);
    expect(seen).toEqual([null]);
    stills.load("a", nobody);
    expect(server.asked).toEqual(["a", "a"]);
  });

  test("stillUrl returns the smallest sufficient width", () => {
    expect(stillUrl("a.jpg", 237, 1)).toBe("a.jpg?width=320");
    expect(stillUrl("a.jpg", 237, 2)).toBe("a.jpg?width=480");
    expect(stillUrl("a.jpg", 160, 3)).toBe("a.jpg?width=480");
    expect(stillUrl("a.jpg", 320, 2)).toBe("a.jpg?width=640");
    expect(stillUrl("a.jpg", 321, 2)).toBe("a.jpg");
  });

  test("peek returns a cached smaller size", async () => {
    const { server, stills } = setUp();
    for (const path of ["a?width=320", "a?width=640"]) {
      stills.load(path, nobody);
      await server.answer();
    }
    expect(stills.peek("a")).toBe("blob:2");
    stills.load("a", nobody);
    await server.answer();
    expect(stills.peek("a")).toBe("blob:3");
    expect(stills.peek("b")).toBeNull();
  });
});
