/** A Python wheel, pinned by its digest. */
export interface Wheel {
  name: string;
  version: string;
  sha256: string;
}

/** TensorFlow's C library for a platform: the Python wheels that contain it, and its files. */
export interface TensorflowLibrary {
  /** Whether the library uses only the CPU, or NVIDIA GPUs too. Part of the name of its folder. */
  variant: 'cpu' | 'cuda';
  /** Size of the download, for the console. */
  size: string;
  wheels: Wheel[];
  /** Platform tags with which pip selects the wheels. */
  platforms: string[];
  /** File names of the two shared libraries. */
  files: [main: string, framework: string];
}

/** Version of the TensorFlow library that is installed. */
export const tensorflowVersion = '2.21.0';

const tensorflow = (name: string, sha256: string): Wheel => ({ name, version: tensorflowVersion, sha256 });
const linuxFiles: TensorflowLibrary['files'] = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** NVIDIA's libraries, in the versions that TensorFlow's wheel requires (its extra `and-cuda`). */
const nvidia: Wheel[] = [
  ['cublas', '12.9.3.13', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'],
  ['cuda-cupti', '12.8.90', 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182'],
  ['cuda-nvcc', '12.9.86', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'],
  ['cuda-nvrtc', '12.9.86', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'],
  ['cuda-runtime', '12.9.79', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'],
  ['cudnn', '9.28.0.42', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'],
  ['cufft', '11.4.1.4', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'],
  ['curand', '10.3.10.19', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'],
  ['cusolver', '11.7.5.82', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'],
  ['cusparse', '12.5.10.65', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'],
  ['nccl', '2.32.3', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'],
  ['nvjitlink', '12.9.86', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'],
].map(([name, version, sha256]) => ({ name: `nvidia-${name}-cu12`, version, sha256 }));

/** The supported libraries, by Node's platform and architecture. */
const libraries: Record<string, TensorflowLibrary[]> = {
  'linux-x64': [
    {
      variant: 'cuda',
      size: 'about 3 GB',
      wheels: [
        tensorflow('tensorflow', '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124'),
        ...nvidia,
      ],
      platforms: ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux_2_12_x86_64'],
      files: linuxFiles,
    },
    {
      variant: 'cpu',
      size: 'about 280 MB',
      wheels: [
        tensorflow('tensorflow-cpu', '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c'),
      ],
      platforms: ['manylinux_2_27_x86_64'],
      files: linuxFiles,
    },
  ],
  'linux-arm64': [
    {
      variant: 'cpu',
      size: 'about 280 MB',
      wheels: [tensorflow('tensorflow', '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c')],
      platforms: ['manylinux_2_27_aarch64'],
      files: linuxFiles,
    },
  ],
  'darwin-arm64': [
    {
      variant: 'cpu',
      size: 'about 250 MB',
      wheels: [tensorflow('tensorflow', '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88')],
      platforms: ['macosx_12_0_arm64'],
      files: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
    },
  ],
};

/** Returns the libraries for this machine, the one for NVIDIA GPUs first. */
export const librariesForThisMachine = (): TensorflowLibrary[] =>
  libraries[`${process.platform}-${process.arch}`] ?? [];
