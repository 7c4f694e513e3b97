// BLAKE3 of files, off the page's own thread.
import { blake3 } from '@noble/hashes/blake3';

interface Asked {
  id: number;
  file: File;
}

const PIECE = 4 << 20;

async function digest({ id, file }: Asked): Promise<void> {
  try {
    const hash = blake3.create({});
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      postMessage({ id, done: Math.min(file.size, at + PIECE) });
    }
    const hex = Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
    postMessage({ id, done: file.size, digest: hex });
  } catch (error) {
    postMessage({ id, problem: error instanceof Error ? error.message : String(error) });
  }
}

let turn: Promise<void> = Promise.resolve();
addEventListener('message', (event: MessageEvent<Asked>) => {
  turn = turn.then(() => digest(event.data));
});
