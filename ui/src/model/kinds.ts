/** What files are called says what they seem to be; what they are, nobody knows before they are opened. Pure. */
import type { Transfer } from '../generated/Transfer';
import type { TransferItem } from '../generated/TransferItem';

export type Kind = 'picture' | 'video' | 'sound' | 'document' | 'archive' | 'program' | 'folder' | 'file';

const ENDINGS: Record<Exclude<Kind, 'folder' | 'file'>, string> = {
  picture: 'png jpg jpeg jpe jfif gif webp bmp tif tiff heic heif avif ico raw cr2 nef dng',
  video: 'mp4 m4v mov mkv webm avi mpg mpeg wmv flv ogv 3gp y4m mts',
  sound: 'mp3 m4a aac ogg oga opus flac wav wma aif aiff mid midi',
  document: 'pdf txt md rtf doc docx odt xls xlsx ods csv tsv ppt pptx odp epub tex pages numbers key json xml yaml yml',
  archive: 'zip 7z rar tar gz tgz bz2 tbz xz txz zst lz4 cab',
  // What a double-click or a shell would run, what an office program runs, and what leads a system elsewhere.
  program:
    'exe msi msix msp mst com bat cmd scr pif cpl dll sys drv ocx ps1 psm1 psd1 ps1xml vbs vbe vb js jse mjs ws wsf wsh wsc hta jar jnlp class reg inf ' +
    'lnk url scf desktop appimage flatpakref snap deb rpm apk run bin elf so sh bash zsh csh ksh fish command tool app pkg dmg iso img vhd vhdx ' +
    'py pyc pyw pyz rb pl php lua tcl docm dotm xlsm xltm xlam xll pptm potm ppam sldm chm gadget application workflow action terminal scpt applescript html htm xhtml mht mhtml svg svgz',
};

const BY_ENDING = new Map(Object.entries(ENDINGS).flatMap(([kind, endings]) => endings.split(' ').map((ending) => [ending, kind as Kind] as const)));

/** Also where spaces, dots or unseen letters follow the ending: some systems leave those away. */
export function kindOfName(name: string): Kind {
  const bare = name.replace(/[\p{C}]/gu, '').trimEnd().replace(/[. ]+$/, '');
  const at = bare.lastIndexOf('.');
  return at < 0 ? 'file' : (BY_ENDING.get(bare.slice(at + 1).toLowerCase()) ?? 'file');
}

export function kindOf(item: TransferItem): Kind {
  return item.files === null ? kindOfName(item.name) : 'folder';
}

/** Whether something in it could harm whoever opens it: of a folder, what is known of it counts. */
export function mayHarm({ items }: Transfer): boolean {
  return items.some((item) => item.wanted && (kindOf(item) === 'program' || item.preview.some((name) => kindOfName(name) === 'program')));
}

/** Those that are made small and shown on their card: one file, of a kind that is decoded, and here. */
export function showsPicture({ mine, items, stage }: Transfer): boolean {
  const [only] = items;
  return items.length === 1 && only !== undefined && only.files === null && (mine || stage.type === 'done') && /\.(?:png|jpe?g|gif|webp)$/i.test(only.name);
}
