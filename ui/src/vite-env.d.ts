/// <reference types="vite/client" />
interface ImportMetaEnv {
  readonly VISAVIS_VERSION: string;
}
