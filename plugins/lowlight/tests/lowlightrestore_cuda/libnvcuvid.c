/* Stands in for NVIDIA's decoder library, which decodes nothing here: without one, GStreamer 1.22 registers none of its
 * CUDA elements. */
#define NOT(name) int name() { return 801; }
NOT(cuvidCtxLock) NOT(cuvidCtxLockCreate) NOT(cuvidCtxLockDestroy) NOT(cuvidCtxUnlock) NOT(cuvidCreateDecoder)
NOT(cuvidCreateVideoParser) NOT(cuvidDecodePicture) NOT(cuvidDestroyDecoder) NOT(cuvidDestroyVideoParser)
NOT(cuvidGetDecoderCaps) NOT(cuvidMapVideoFrame) NOT(cuvidMapVideoFrame64) NOT(cuvidParseVideoData)
NOT(cuvidUnmapVideoFrame) NOT(cuvidUnmapVideoFrame64) NOT(cuvidReconfigureDecoder)
