//! The engine's errors as GStreamer's: the text stays, the code says what kind of fault it is.

use lowlight_engine::Error;

pub(super) fn message(error: &Error) -> gst::ErrorMessage {
    match error {
        Error::RuntimeNotFound { .. } | Error::RuntimeLoad { .. } => {
            gst::error_msg!(gst::LibraryError::Init, ("{error}"))
        }
        Error::Provider { .. } | Error::SelfTest { .. } => {
            gst::error_msg!(gst::LibraryError::Settings, ("{error}"))
        }
        Error::ModelNotFound { .. } => gst::error_msg!(gst::ResourceError::NotFound, ("{error}")),
        Error::Read { .. } => gst::error_msg!(gst::ResourceError::OpenRead, ("{error}")),
        Error::ModelInfo { .. } | Error::ModelMismatch { .. } | Error::FrameTooLarge { .. } => {
            gst::error_msg!(gst::ResourceError::Settings, ("{error}"))
        }
        Error::Run { .. } => gst::error_msg!(gst::StreamError::Failed, ("{error}")),
        _ => gst::error_msg!(gst::ResourceError::Failed, ("{error}")),
    }
}
