//! What AWS answers when it does not do what was asked, as port errors.
