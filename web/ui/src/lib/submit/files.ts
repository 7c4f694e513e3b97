// The files that somebody drops: whole folders too, each with its place in the folder of the job.
export interface Dropped {
  path: string;
  file: File;
}

/** More than this is no scene any more but somebody's home. */
export const FILES_MOST = 20_000;

const readAll = async (folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return found;
    found.push(...some);
  }
};

async function under(entry: FileSystemEntry, found: Dropped[]): Promise<void> {
  if (found.length > FILES_MOST) return;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    found.push({ path: entry.fullPath.replace(/^\/+/, ''), file });
  } else if (entry.isDirectory) {
    for (const inside of await readAll(entry as FileSystemDirectoryEntry)) await under(inside, found);
  }
}

/** Everything in what was dropped. */
export async function dropped(transfer: DataTransfer): Promise<Dropped[]> {
  // The list is emptied as soon as this turn of the page ends.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...transfer.files];
  const found: Dropped[] = [];
  for (const entry of entries) if (entry) await under(entry, found);
  if (found.length === 0) found.push(...chosen(plain));
  return found;
}

/** Files that were chosen in a dialog, folders by their path. */
export const chosen = (files: Iterable<File>): Dropped[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Files that no renderer reads, which systems and programs leave about. */
const left = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\.git\/.*|.*\.blend[1-9])$/;

/** Paths from the folder that all of them are in, without what nobody meant; the later of two that are alike counts. */
export function placed(files: readonly Dropped[]): Dropped[] {
  const meant = files.filter(({ path }) => !left.test(path));
  const first = meant[0]?.path.split('/')[0];
  const common = meant.every(({ path }) => path.includes('/') && path.split('/')[0] === first);
  const cut = common && first !== undefined ? first.length + 1 : 0;
  return [...new Map(meant.map(({ path, file }) => [path.slice(cut), { path: path.slice(cut), file }])).values()];
}
